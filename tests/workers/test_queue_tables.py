"""The tables of the queue: made once, brought up to date, never those of somebody else."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from profilegen.errors import ConfigProblem, NetworkProblem
from profilegen.workers import schema
from profilegen.workers.queue import BATCH_TASK, Fate, NewJob, Place, Queue, opened
from profilegen.workers.rescue import rescue

pytestmark = pytest.mark.servers

OLDER = "03.01.00_50_post_add_heartbeat"
JOB = NewJob(queue="fleet acme", lock="fleet acme 1", arguments={"form": 1})


def with_queue(url: str, work: Callable[[Queue], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        async with opened(Place(url=url)) as queue:
            return await work(queue)

    return asyncio.run(whole())


async def put_one(queue: Queue) -> dict[int, Fate]:
    return await queue.fates(await queue.put([JOB]))


async def execute(url: str, *statements: bytes) -> None:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with connection:
        for statement in statements:
            await connection.execute(statement)


def test_of_many_who_come_at_once_one_makes_the_tables(postgres_url: str) -> None:
    async def scenario() -> None:
        async def come() -> None:
            async with opened(Place(url=postgres_url)) as queue:
                await queue.put([JOB])

        await asyncio.gather(*[come() for _ in range(6)])

    asyncio.run(scenario())


def test_tables_of_an_earlier_release_are_brought_up_to_date(postgres_url: str) -> None:
    names = schema.migrations()
    old = [schema.migration(name) for name in names[: names.index(OLDER) + 1]]
    mark = f"COMMENT ON TABLE procrastinate_jobs IS 'profilegen, procrastinate schema {OLDER}'".encode()
    asyncio.run(execute(postgres_url, *old, mark))
    assert list(with_queue(postgres_url, put_one).values()) == [Fate.WAITING]
    assert list(with_queue(postgres_url, put_one).values()) == [Fate.WAITING]  # and noted that they are


@pytest.mark.parametrize(
    ("comment", "code"),
    [
        (b"'profilegen, procrastinate schema 99.00.00_01_future'", "queue_too_new"),
        (b"NULL", "queue_foreign"),
        (b"'mine'", "queue_foreign"),
    ],
)
def test_tables_of_a_later_release_or_of_somebody_else_are_left_alone(
    postgres_url: str, comment: bytes, code: str
) -> None:
    with_queue(postgres_url, put_one)
    asyncio.run(execute(postgres_url, b"COMMENT ON TABLE procrastinate_jobs IS " + comment))
    with pytest.raises(ConfigProblem) as caught:
        with_queue(postgres_url, put_one)
    assert caught.value.code == code


def test_a_database_that_is_not_there_is_said_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret")
    with pytest.raises(NetworkProblem) as caught:
        with_queue("postgresql://fleet@127.0.0.1:1/fleet", put_one)
    assert caught.value.code == "database_unreachable"
    assert "secret" not in f"{caught.value.message} {caught.value.hint}"


def test_jobs_that_nobody_began_are_taken_back(postgres_url: str) -> None:
    async def scenario(queue: Queue) -> None:
        numbers = await queue.put([JOB, JOB])
        worker = await queue.app.job_manager.register_worker()
        begun = await queue.app.job_manager.fetch_job(None, worker)
        assert begun is not None
        await queue.withdraw(numbers)
        assert await queue.fates(numbers) == {numbers[0]: Fate.RUNNING, numbers[1]: Fate.DONE}

    with_queue(postgres_url, scenario)


def test_no_two_jobs_of_one_part_are_begun_at_a_time(postgres_url: str) -> None:
    async def scenario(queue: Queue) -> None:
        manager = queue.app.job_manager
        await queue.put([JOB, JOB, NewJob(queue=JOB.queue, lock="fleet acme 2", arguments={})])
        worker = await manager.register_worker()
        begun = [await manager.fetch_job(None, worker) for _ in range(3)]
        assert [job and job.lock for job in begun] == ["fleet acme 1", "fleet acme 2", None]

    with_queue(postgres_url, scenario)


def test_only_the_jobs_of_silent_workers_are_given_to_others_and_once(postgres_url: str) -> None:
    async def scenario(queue: Queue) -> None:
        manager = queue.app.job_manager
        numbers = await queue.put([JOB, NewJob(queue=JOB.queue, lock="fleet acme 2", arguments={})])
        silent, alive = await manager.register_worker(), await manager.register_worker()
        await manager.fetch_job(None, silent)
        await manager.fetch_job(None, alive)
        past = "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute' WHERE id = %(id)s"
        await queue.connector.execute_query_async(past, id=silent)
        given = await asyncio.gather(*[rescue(queue, timedelta(seconds=30)) for _ in range(3)])
        assert sorted(given) == [0, 0, 1]
        assert await queue.fates(numbers) == {numbers[0]: Fate.WAITING, numbers[1]: Fate.RUNNING}

    with_queue(postgres_url, scenario)


def test_a_worker_that_was_taken_for_dead_ends_a_job_of_another_without_a_fuss(postgres_url: str) -> None:
    from procrastinate.jobs import Status

    async def scenario(queue: Queue) -> None:
        manager = queue.app.job_manager
        await queue.put([JOB])
        job = await manager.fetch_job(None, await manager.register_worker())
        assert job is not None
        assert job.task_name == BATCH_TASK
        for _ in range(2):
            await manager.finish_job(job, Status.SUCCEEDED, delete_job=False)
        await manager.retry_job(job)
        assert await queue.fates([job.id or 0]) == {job.id: Fate.DONE}

    with_queue(postgres_url, scenario)
