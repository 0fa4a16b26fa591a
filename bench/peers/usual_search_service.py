"""The same search in FastAPI's and SQLAlchemy's usual form, to show what the lean one in search_service.py saves.

Messages are parameters and results of the endpoint, tables are mapped to classes, a session has one transaction for a
request, and uvicorn writes the log line.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import ForeignKey, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from peers.messages import SearchEnvelope, SearchResponse
from peers.search_service import CLIENT_SECONDS, DATABASE, Found, Rejected, response_to, verified_client_id

_sessions = async_sessionmaker(create_async_engine(DATABASE), expire_on_commit=False)
_clients: dict[str, tuple[float, Client]] = {}


class Base(DeclarativeBase):  # type: ignore[misc] # SQLAlchemy is not installed where this is checked
    """The base of all tables."""


class Person(Base):
    """A person's record, as JSON."""

    __tablename__ = "people"
    id: Mapped[str] = mapped_column(primary_key=True)
    record: Mapped[str]


class Identifier(Base):
    """An identifier of a person."""

    __tablename__ = "identifiers"
    type: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))


class Client(Base):
    """A client of the registry."""

    __tablename__ = "clients"
    client_id: Mapped[str] = mapped_column(primary_key=True)
    sender_id: Mapped[str]
    status: Mapped[str]
    requests_a_minute: Mapped[int]


class RequestCount(Base):
    """How many requests a client has sent in a minute."""

    __tablename__ = "request_counts"
    client_id: Mapped[str] = mapped_column(primary_key=True)
    minute: Mapped[int]
    requests: Mapped[int]


class Disclosure(Base):
    """The people whom a client was shown."""

    __tablename__ = "disclosures"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    client_id: Mapped[str]
    correlation_id: Mapped[str]
    message_id: Mapped[str]
    transaction_id: Mapped[str]
    reference_id: Mapped[str]
    query: Mapped[str]
    person_id: Mapped[str | None]


async def _session() -> AsyncIterator[AsyncSession]:
    async with _sessions() as session:
        yield session


async def _client(
    session: Annotated[AsyncSession, Depends(_session)], authorization: Annotated[str, Header()] = ""
) -> Client:
    """Return the client of the token."""
    client_id = verified_client_id(authorization)
    read, client = _clients.get(client_id, (0.0, None))
    if client is None or time.monotonic() - read > CLIENT_SECONDS:
        client = await session.scalar(select(Client).filter_by(client_id=client_id, status="enabled"))
        if client is None:
            raise Rejected(401, "err.request.unauthorized")
        _clients[client_id] = time.monotonic(), client
    return client


async def search(
    envelope: SearchEnvelope,
    client: Annotated[Client, Depends(_client)],
    session: Annotated[AsyncSession, Depends(_session)],
    response: Response,
) -> SearchResponse:
    """Answer a search message."""
    header, correlation_id = envelope.header, str(uuid.uuid4())
    if header.sender_id != client.sender_id:
        raise Rejected(400, "err.sender_id.invalid")
    new = insert(RequestCount).values(client_id=client.client_id, minute=int(time.time()) // 60, requests=1)
    is_same_minute = RequestCount.minute == new.excluded.minute
    requests = case((is_same_minute, RequestCount.requests + 1), else_=1)
    changes = {"minute": new.excluded.minute, "requests": requests}
    count = new.on_conflict_do_update(index_elements=["client_id"], set_=changes).returning(RequestCount.requests)
    if (await session.execute(count)).scalar_one() > client.requests_a_minute:
        raise Rejected(429, "err.request.too_many_requests")
    found: list[Found | None] = []
    for item in envelope.message.search_request:
        query = item.search_criteria.query
        join = select(Person).join(Identifier, Identifier.person_id == Person.id)
        person = await session.scalar(join.where(Identifier.type == query.type, Identifier.value == query.value))
        disclosure = Disclosure(
            client_id=client.client_id,
            correlation_id=correlation_id,
            message_id=header.message_id,
            transaction_id=envelope.message.transaction_id,
            reference_id=item.reference_id,
            query=query.model_dump_json(),
            person_id=person.id if person else None,
        )
        session.add(disclosure)
        found.append(Found(person.id, person.record) if person else None)
    await session.commit()
    response.headers["Cache-Control"] = "no-store"
    return response_to(envelope, correlation_id, found)


def _rejected(_: Request, error: Rejected) -> JSONResponse:
    return JSONResponse(error.body, error.status)


def _invalid(_: Request, __: RequestValidationError) -> JSONResponse:
    return JSONResponse({"errors": [{"code": "err.request.bad"}]}, 400)


app = FastAPI(exception_handlers={Rejected: _rejected, RequestValidationError: _invalid})
app.add_api_route("/registry/sync/search", search, methods=["POST"], response_model=SearchResponse)
