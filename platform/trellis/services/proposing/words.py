"""What the header of a column says about what is in it, in English and in Chinese."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_HAN = "\u3400-\u9fff"
_BREAKS = re.compile(
    rf"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[{_HAN}])(?=[A-Za-z])|(?<=[A-Za-z])(?=[{_HAN}])"
)
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_CHINESE = re.compile(f"[{_HAN}]")


@dataclass(frozen=True)
class Concept:
    """One thing that headers speak of: English words that stand anywhere or at the end, and parts of Chinese words."""

    anywhere: frozenset[str] = field(default_factory=frozenset)
    last: frozenset[str] = field(default_factory=frozenset)
    chinese: tuple[str, ...] = ()
    chinese_last: tuple[str, ...] = ()

    def said_by(self, words: tuple[str, ...]) -> bool:
        """Whether a header with these words speaks of it."""
        if not words:
            return False
        if not self.anywhere.isdisjoint(words) or words[-1] in self.last:
            return True
        if any(part in word for word in words for part in self.chinese):
            return True
        return words[-1].endswith(self.chinese_last) if self.chinese_last else False


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDENTITY = Concept(
    last=_set("id ids no nr num number key ref reference sku uuid guid ean isbn vin iban code codes hash barcode"),
    chinese_last=(
        "编号",
        "编码",
        "代码",
        "单号",
        "账号",
        "帐号",
        "证号",
        "序号",
        "条码",
        "工号",
        "学号",
        "卡号",
        "主键",
    ),
)
POSTAL = Concept(anywhere=_set("zip zipcode postcode postal plz"), chinese=("邮编", "邮政编码"))
MONEY = Concept(
    anywhere=_set(
        "price prices cost costs amount revenue sales salary wage fee fees charge charges profit budget balance income "
        "turnover spend spending expense expenses rent tax subtotal usd eur cny rmb gbp"
    ),
    chinese=(
        "金额",
        "价格",
        "单价",
        "销售额",
        "利润",
        "费用",
        "成本",
        "收入",
        "工资",
        "薪",
        "预算",
        "余额",
        "租金",
        "税额",
    ),
    chinese_last=("额", "价", "费", "款", "元"),
)
MEASURE = Concept(
    anywhere=_set(
        "idx index rate ratio count counts qty quantity units days hours minutes months years score rank level pct "
        "percent percentage share weight age employees stock"
    ),
    chinese=("数量", "指数", "次数", "件数", "人数", "天数", "排名", "占比", "百分比", "库存", "年龄"),
    chinese_last=("率", "比", "数", "量"),
)
PERCENT = Concept(anywhere=_set("pct percent percentage"), chinese=("百分比", "占比"))
PHONE = Concept(
    anywhere=_set("phone tel telephone mobile cell cellphone fax"), chinese=("电话", "手机", "传真", "联系方式")
)
MOMENT = Concept(
    anywhere=_set("date time datetime timestamp"),
    last=_set("at on day created updated modified birthday dob deadline"),
    chinese=("日期", "时间", "生日"),
    chinese_last=("日", "时刻"),
)
FLAG = Concept(
    anywhere=_set("is has flag active enabled opt subscribed deleted approved"),
    chinese=("是否", "有无", "能否", "可否"),
)
CATEGORY = Concept(
    anywhere=_set(
        "type types category status class kind state level grade priority method mode channel segment group "
        "department region source stage gender sex industry sector role reason"
    ),
    chinese=(
        "类型", "类别", "分类", "状态", "等级", "级别", "部门", "性别", "地区", "渠道", "来源", "方式", "行业", "优先级", "阶段",
    ),
)  # fmt: skip
PLACE = Concept(
    anywhere=_set(
        "district ward wards precinct precincts zone neighborhood neighborhoods neighbourhood block beat post"
    ),
    chinese=("街道", "片区", "小区"),
    chinese_last=("区",),
)
NAME = Concept(
    last=_set("name names title subject customer client company person contact author"),
    chinese=("名称", "姓名", "名字", "标题", "主题", "题目"),
    chinese_last=("名",),
)
NOTE = Concept(
    anywhere=_set("note notes comment comments description remark remarks message body text content details detail"),
    chinese=("备注", "说明", "描述", "内容", "详情", "留言", "意见", "评论"),
)
LOCATION = Concept(
    anywhere=_set("address street city town village location latitude longitude geo"),
    chinese=("地址", "城市", "街", "经度", "纬度"),
)
YEAR = Concept(last=_set("year"), chinese=("年份", "年度"))


@lru_cache(4096)
def words_of(header: str) -> tuple[str, ...]:
    """The words of a header in small letters: `customerID`, `day_of_week` and `订单 ID` fall into theirs."""
    return tuple(word.lower() for word in _WORDS.findall(_BREAKS.sub(" ", header)))


def says(header: str, *concepts: Concept) -> bool:
    """Whether a header speaks of one of these."""
    words = words_of(header)
    return any(concept.said_by(words) for concept in concepts)


def parts_of(text: str) -> list[str]:
    """The words of a text as they are written."""
    return _WORDS.findall(_BREAKS.sub(" ", text))


def label_of(header: str) -> str:
    """A header as people write a label: `MonthlyCharges` as “Monthly charges”; what has blanks or Chinese stays."""
    plain = " ".join(header.split())
    if " " in plain or _CHINESE.search(plain) or not plain.isascii():
        return plain
    return capital(" ".join(worded(parts_of(plain)))) or plain


def worded(parts: Iterable[str]) -> Iterator[str]:
    """Words in small letters, abbreviations in capitals."""
    for part in parts:
        acronym = part.isupper() and 1 < len(part) <= 3 or part.lower() in ("id", "url", "sku", "vat")
        yield part.upper() if acronym else part.lower()


def capital(text: str) -> str:
    """The text with a capital in front."""
    return text[:1].upper() + text[1:]
