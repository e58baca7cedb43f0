"""Client assertions that were used and access tokens that are live; what has expired is swept out on the way."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Table, delete, insert, select, tuple_

from fhirbridge.store.base import TokenRow
from fhirbridge.store.schema import assertion as assertions
from fhirbridge.store.schema import token as tokens
from fhirbridge.store.sql.work import Work

SWEEP = 100


class Tokens(Work):
    """The part of a transaction that keeps assertions and tokens."""

    def remember_assertion(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        """Keep an assertion's id until it expires; False when it is known already."""
        known = assertions.c.issuer == issuer, assertions.c.jti == jti, assertions.c.expires_at <= self._now()
        self._connection.execute(delete(assertions).where(*known))
        self._sweep(assertions)
        return self._insert_new(assertions, {"issuer": issuer, "jti": jti, "expires_at": expires_at})

    def put_token(self, token: TokenRow) -> None:
        """Keep a token in the place of the one with its hash."""
        self._sweep(tokens)
        self._connection.execute(delete(tokens).where(tokens.c.token_hash == token.token_hash))
        scopes = msgspec.json.encode(token.scopes).decode()
        self._connection.execute(insert(tokens).values(**{**asdict(token), "scopes": scopes}))

    def find_token(self, token_hash: str) -> TokenRow | None:
        """Return the token; None when it is unknown or expired."""
        live = tokens.c.token_hash == token_hash, tokens.c.expires_at > self._now()
        return self._find(select(tokens).where(*live), _token)

    def _sweep(self, table: Table) -> None:
        """Delete a few rows that have expired, stepping over those that another transaction is deleting."""
        key: Any = tuple_(*table.primary_key)
        old = select(*table.primary_key).where(table.c.expires_at <= self._now()).limit(SWEEP)
        self._connection.execute(delete(table).where(key.in_(old.with_for_update(skip_locked=True))))


def _token(row: Row[Any]) -> TokenRow:
    return TokenRow(**{**row._mapping, "scopes": msgspec.json.decode(row.scopes, type=tuple[str, ...])})
