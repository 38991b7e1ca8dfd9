"""What a User-Agent header says of the device, by ua-parser's rules."""

from __future__ import annotations

from functools import lru_cache

from ua_parser import parse

from producers.collector.enrichment import Device

MAX_CHARS = 512  # longer ones are cut: each rule is a regular expression over all of it
_REMEMBERED = 10_000
_PHONES = frozenset({"iOS", "Android", "Windows Phone", "BlackBerry OS", "KaiOS", "Firefox OS", "HarmonyOS"})


def device_of(user_agent: str) -> Device:
    """Kind of device (mobile, tablet, desktop, tv, bot) and platform, the operating system in lower case."""
    return _device_of(user_agent[:MAX_CHARS])


@lru_cache(_REMEMBERED)
def _device_of(user_agent: str) -> Device:
    found = parse(user_agent)
    system = found.os.family if found.os else ""
    model = found.device.family if found.device else ""
    return Device(_kind(user_agent, system, model), "" if system == "Other" else system.lower())


def _kind(user_agent: str, system: str, model: str) -> str:
    if model == "Spider":
        return "bot"
    if "TV" in user_agent or system in {"tvOS", "Tizen TV", "webOS TV"}:
        return "tv"
    if model == "iPad" or (system == "Android" and "Mobile" not in user_agent):
        return "tablet"
    if system in _PHONES:
        return "mobile"
    return "desktop" if system and system != "Other" else ""
