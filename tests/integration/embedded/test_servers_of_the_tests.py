import psycopg
import redis


def test_tests_get_a_postgresql_that_keeps_its_promises(database_server: str) -> None:
    with psycopg.connect(database_server) as connection:
        row = connection.execute(
            "SELECT current_setting('fsync'), usesuper FROM pg_user WHERE usename = user"
        ).fetchone()
    assert row == ("on", True)


def test_tests_get_a_redis_with_streams_of_version_6_2(redis_server: str) -> None:
    with redis.Redis.from_url(redis_server) as client:
        client.xadd("pm:test:stream", {"a": "b"}, id="7-0")
        client.xgroup_create("pm:test:stream", "g", id="0")
        assert client.xautoclaim("pm:test:stream", "g", "c", min_idle_time=0)[1] == []
        client.delete("pm:test:stream")
