CREATE TABLE account (
  id uuid PRIMARY KEY, name text NOT NULL, external_id text UNIQUE, industry text, billing_city text
);
CREATE TABLE person (
  id uuid PRIMARY KEY, name text NOT NULL, email text UNIQUE
);
CREATE SEQUENCE opportunity_code;
CREATE TABLE opportunity (
  id uuid PRIMARY KEY,
  version bigint NOT NULL DEFAULT 1,
  name text NOT NULL,
  code text UNIQUE,
  external_id text UNIQUE,
  account uuid REFERENCES account,
  owner uuid REFERENCES person,
  stage text NOT NULL,
  deal_type text,
  amount numeric(18, 2),
  currency text,
  discount numeric(5, 2),
  probability numeric(3, 0),
  forecast_category text,
  engage_date date,
  close_date date,
  lead_source text,
  campaign text,
  tags text[],
  budget_confirmed boolean,
  next_step text,
  next_step_date date,
  payment_terms text,
  contract_start date,
  contract_months bigint,
  description text,
  primary_contact uuid,
  contacts uuid[] NOT NULL DEFAULT '{}',
  lead uuid,
  primary_product uuid,
  competitors text[] NOT NULL DEFAULT '{}',
  partner uuid,
  sdr uuid,
  sales_engineer uuid,
  buyer_mobile text,
  proposal uuid,
  won_reason text,
  lost_reason text,
  lost_to text,
  lost_note text,
  owner_team uuid,
  created_at timestamptz NOT NULL,
  created_by text,
  updated_at timestamptz NOT NULL,
  updated_by text,
  deleted_at timestamptz,
  search tsvector
);
CREATE INDEX opportunity_close ON opportunity (close_date DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_stage ON opportunity (stage, close_date DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX opportunity_owner ON opportunity (owner, stage, close_date);
CREATE INDEX opportunity_account ON opportunity (account, close_date);
CREATE INDEX opportunity_amount ON opportunity (amount);
CREATE INDEX opportunity_name ON opportunity (name);
CREATE INDEX opportunity_created ON opportunity (created_at);
CREATE INDEX opportunity_next ON opportunity (next_step_date);
CREATE INDEX opportunity_search ON opportunity USING gin (search);
CREATE TABLE buyer (
  id uuid PRIMARY KEY, version bigint NOT NULL, name text, credit numeric(16, 2), created_at timestamptz,
  updated_at timestamptz
);
CREATE TABLE offer (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  name text,
  buyer uuid REFERENCES buyer,
  stage text,
  amount numeric(16, 2),
  costs numeric(16, 2),
  discount numeric(5, 2),
  opened_on date,
  close_date date,
  created_at timestamptz,
  updated_at timestamptz,
  deleted_at timestamptz
);
CREATE TABLE item (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  name text,
  offer uuid REFERENCES offer,
  quantity bigint,
  price numeric(16, 2),
  created_at timestamptz,
  updated_at timestamptz,
  deleted_at timestamptz
);
CREATE INDEX offer_close ON offer (close_date DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX offer_stage ON offer (stage, close_date DESC NULLS LAST, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX item_offer ON item (offer) WHERE deleted_at IS NULL;
