from collections.abc import Sequence

import pytest

from application.webhooks.destination import Destination, DestinationRefused, Destinations

PUBLIC = "93.184.216.34"


def destinations(*addresses: str, allow_loopback: bool = False) -> Destinations:
    async def resolve(name: str) -> Sequence[str]:
        return addresses

    return Destinations(resolve, allow_loopback=allow_loopback)


def refusal(url: str, *, allow_loopback: bool = False) -> str:
    with pytest.raises(DestinationRefused) as refused:
        destinations(allow_loopback=allow_loopback).read(url)
    assert refused.value.violations[0].field == "url"
    return refused.value.violations[0].code


def test_a_url_is_taken_apart() -> None:
    assert destinations().read("https://Hooks.Example.com:8443/a%20b/c?token=x%2Fy") == Destination(
        scheme="https", host="hooks.example.com", port=8443, path="/a%20b/c?token=x%2Fy"
    )


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://example.com", "example.com"),
        ("https://example.com.:443/", "example.com"),
        ("https://example.com:8443", "example.com:8443"),
        ("https://[2606:4700::1111]", "[2606:4700::1111]"),
        ("https://[2606:4700::1111]:8443", "[2606:4700::1111]:8443"),
        ("https://bücher.example/x", "xn--bcher-kva.example"),
    ],
)
def test_the_host_header_names_the_host_and_an_unusual_port(url: str, authority: str) -> None:
    assert destinations().read(url).authority == authority


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "https_required"),
        ("ftp://example.com/", "https_required"),
        ("file:///etc/passwd", "https_required"),
        ("//example.com/", "https_required"),
        ("example.com", "https_required"),
        ("https://user@example.com/", "user_info"),
        ("https://user:secret@example.com/", "user_info"),
        ("https://@example.com/", "user_info"),
        ("https://example.com@10.0.0.1/", "user_info"),
        ("https://example.com/#part", "malformed"),
        ("https://example.com/a#", "malformed"),
        ("https://example.com\\@10.0.0.1/", "malformed"),
        ("https://example.com/a b", "malformed"),
        (" https://example.com/", "malformed"),
        ("https://exa\nmple.com/", "malformed"),
        ("https://exam\tple.com/", "malformed"),
        ("https://example.com/\x00", "malformed"),
        ("https://example.com/ü", "malformed"),
        ("https:///path", "malformed"),
        ("https://.example.com/", "malformed"),
        ("https://example..com/", "malformed"),
        ("https://exa%6dple.com/", "malformed"),
        ("https://-example.com/", "malformed"),
        ("https://example.com:port/", "malformed"),
        ("https://example.com:99999/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://[fe80::1%25eth0]/", "malformed"),
        ("https://example.com:22/", "port_not_allowed"),
        ("https://example.com:80/", "port_not_allowed"),
        ("https://example.com:0/", "port_not_allowed"),
        ("https://example.com/" + "x" * 2048, "malformed"),
    ],
)
def test_what_is_no_plain_https_url_is_refused(url: str, code: str) -> None:
    assert refusal(url) == code


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.0",
        "10.0.1",
        "1.2.3.0x4",
        "012.0.0.1",
        "0x",
        "256.1.1.1",
        "１２７.0.0.1",
    ],
)
def test_an_address_in_a_clever_spelling_is_refused(host: str) -> None:
    assert refusal(f"https://{host}/") in {"malformed", "not_public"}


NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::5db8:d822",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_in_the_url(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert refusal(f"https://{host}/") == "not_public"


@pytest.mark.parametrize("address", [*NOT_PUBLIC, "fe80::1%eth0"])
async def test_a_name_that_leads_to_such_an_address_is_refused_even_if_others_are_public(
    address: str,
) -> None:
    door = destinations(PUBLIC, address)
    with pytest.raises(DestinationRefused) as refused:
        await door.addresses(door.read("https://example.com/"))
    assert refused.value.reason == "not_public"


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700::1111", "64:ff9b::5db8:d822"])
async def test_public_addresses_are_taken(address: str) -> None:
    door = destinations(address)
    assert [str(one) for one in await door.addresses(door.read("https://example.com/"))] == [address]


async def test_a_name_without_an_address_has_none() -> None:
    door = destinations()
    assert await door.addresses(door.read("https://example.com/")) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/",
        "http://127.0.0.1/",
        "http://[::1]:9000/",
        "https://127.0.0.1:8443/",
        "https://[::ffff:127.0.0.1]/",
    ],
)
def test_this_machine_is_told_where_the_setting_allows_it(url: str) -> None:
    assert destinations(allow_loopback=True).read(url).port
    assert refusal(url) in {"https_required", "not_public"}


@pytest.mark.parametrize("url", ["http://10.0.0.1:9000/", "http://1.1.1.1:9000/", "https://169.254.169.254/"])
def test_the_setting_opens_this_machine_and_nothing_else(url: str) -> None:
    assert refusal(url, allow_loopback=True) in {"https_required", "not_public"}


async def test_without_tls_a_name_has_to_be_this_machine_at_every_address() -> None:
    door = destinations("127.0.0.1", "::1", allow_loopback=True)
    assert len(await door.addresses(door.read("http://localhost:9000/"))) == 2
    mixed = destinations("127.0.0.1", PUBLIC, allow_loopback=True)
    with pytest.raises(DestinationRefused) as refused:
        await mixed.addresses(mixed.read("http://localhost:9000/"))
    assert refused.value.reason == "https_required"
