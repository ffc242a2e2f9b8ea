CREATE TABLE account (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, external_id TEXT UNIQUE, industry TEXT, billing_city TEXT
) STRICT;
CREATE TABLE person (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE
) STRICT;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES ('opportunity', 0);
CREATE TABLE opportunity (
  id TEXT PRIMARY KEY,
  version INTEGER NOT NULL DEFAULT 1,
  name TEXT NOT NULL,
  code TEXT UNIQUE,
  external_id TEXT UNIQUE,
  account TEXT REFERENCES account,
  owner TEXT REFERENCES person,
  stage TEXT NOT NULL,
  deal_type TEXT,
  amount INTEGER,
  currency TEXT,
  discount INTEGER,
  probability INTEGER,
  forecast_category TEXT,
  engage_date TEXT,
  close_date TEXT,
  lead_source TEXT,
  campaign TEXT,
  tags TEXT,
  budget_confirmed INTEGER,
  next_step TEXT,
  next_step_date TEXT,
  payment_terms TEXT,
  contract_start TEXT,
  contract_months INTEGER,
  description TEXT,
  primary_contact TEXT,
  contacts TEXT NOT NULL DEFAULT '[]',
  lead TEXT,
  primary_product TEXT,
  competitors TEXT NOT NULL DEFAULT '[]',
  partner TEXT,
  sdr TEXT,
  sales_engineer TEXT,
  buyer_mobile TEXT,
  proposal TEXT,
  won_reason TEXT,
  lost_reason TEXT,
  lost_to TEXT,
  lost_note TEXT,
  owner_team TEXT,
  created_at TEXT NOT NULL,
  created_by TEXT,
  updated_at TEXT NOT NULL,
  updated_by TEXT,
  deleted_at TEXT
) STRICT;
CREATE INDEX opportunity_close ON opportunity (close_date, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_stage ON opportunity (stage, close_date, id) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_owner ON opportunity (owner, stage, close_date);
CREATE INDEX opportunity_account ON opportunity (account, close_date);
CREATE INDEX opportunity_amount ON opportunity (amount);
CREATE INDEX opportunity_name ON opportunity (name);
CREATE INDEX opportunity_created ON opportunity (created_at);
CREATE INDEX opportunity_next ON opportunity (next_step_date);
CREATE VIRTUAL TABLE opportunity_search USING fts5 (
  text, content = '', tokenize = "unicode61 remove_diacritics 0"
);
CREATE TABLE buyer (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, name TEXT, credit INTEGER, created_at TEXT, updated_at TEXT
) STRICT;
CREATE TABLE offer (
  id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  name TEXT,
  buyer TEXT REFERENCES buyer,
  stage TEXT,
  amount INTEGER,
  costs INTEGER,
  discount INTEGER,
  opened_on TEXT,
  close_date TEXT,
  created_at TEXT,
  updated_at TEXT,
  deleted_at TEXT
) STRICT;
CREATE TABLE item (
  id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  name TEXT,
  offer TEXT REFERENCES offer,
  quantity INTEGER,
  price INTEGER,
  created_at TEXT,
  updated_at TEXT,
  deleted_at TEXT
) STRICT;
CREATE INDEX offer_close ON offer (close_date, id) WHERE deleted_at IS NULL;
CREATE INDEX offer_stage ON offer (stage, close_date, id) WHERE deleted_at IS NULL;
CREATE INDEX item_offer ON item (offer) WHERE deleted_at IS NULL;
