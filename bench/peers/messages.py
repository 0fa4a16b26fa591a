"""The messages of the FastAPI peer: our synchronous search by identifier, with the same members and bounds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Count = Annotated[int, Field(ge=0)]
Ordinal = Annotated[int, Field(ge=1)]


class Message(BaseModel):
    """The base of all parts of a request: members that the standard does not name are ignored."""

    model_config = ConfigDict(extra="ignore")


class RequestHeader(Message):
    """The header of a request."""

    version: Literal["1.0.0"] = "1.0.0"
    message_id: Id
    message_ts: AwareDatetime
    action: Literal["search"]
    sender_id: Id
    sender_uri: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:\S{1,2000}$")] | None = None
    receiver_id: Id | None = None
    total_count: Count | None = None
    is_msg_encrypted: Literal[False] | None = False


class Identifier(Message):
    """The identifier that is searched for."""

    type: Id
    value: Id


class Pagination(Message):
    """A page."""

    page_size: Annotated[int, Field(ge=1, le=2000)]
    page_number: Ordinal = 1


class SearchCriteria(Message):
    """What is searched."""

    version: str | None = None
    reg_type: Id | None = None
    reg_record_type: Id | None = None
    query_type: Literal["idtype-value"]
    query: Identifier
    pagination: Pagination | None = None


class SearchItem(Message):
    """One search of a message."""

    reference_id: Annotated[str, StringConstraints(max_length=512)]
    timestamp: AwareDatetime
    search_criteria: SearchCriteria
    locale: Annotated[str, StringConstraints(pattern="^[a-z]{3}$")] | None = None


class SearchMessage(Message):
    """All searches of a message."""

    transaction_id: Annotated[str, StringConstraints(max_length=99)]
    search_request: Annotated[list[SearchItem], Field(max_length=100)]


class SearchEnvelope(Message):
    """A whole request."""

    signature: str | None = None
    header: RequestHeader
    message: SearchMessage


class ResponseHeader(BaseModel):
    """The header of a response."""

    version: str
    message_id: str
    message_ts: str
    action: str
    status: str
    total_count: int
    completed_count: int
    receiver_id: str
    is_msg_encrypted: bool


class ResponseData(BaseModel):
    """The records of a response item."""

    version: str
    reg_type: str
    reg_record_type: str
    reg_records: list[dict[str, Any]]


class ResponsePagination(BaseModel):
    """The page of a response item."""

    page_size: int
    page_number: int
    total_count: int


class ResponseItem(BaseModel):
    """The answer to one search."""

    reference_id: str
    timestamp: str
    status: str
    data: ResponseData
    pagination: ResponsePagination


class ResponseMessage(BaseModel):
    """The answers to all searches of a message."""

    transaction_id: str
    correlation_id: str
    search_response: list[ResponseItem]


class SearchResponse(BaseModel):
    """A whole response."""

    header: ResponseHeader
    message: ResponseMessage
