"""Consents: versions of each, and the recipients that the newest version names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, select, update

from fhirbridge.store.base import ConsentRow
from fhirbridge.store.schema import consent as head
from fhirbridge.store.schema import consent_recipient as recipients
from fhirbridge.store.schema import consent_version as versions
from fhirbridge.store.sql.work import Work

NEWEST = select(versions).join(head, (versions.c.id == head.c.id) & (versions.c.version == head.c.version))


class Consents(Work):
    """The part of a transaction that keeps consents."""

    def put_consent(self, consent: ConsentRow) -> ConsentRow:
        """Keep a new version; nothing changed keeps the present one."""
        stored_at = consent.stored_at or self._now()
        first = {"person_id": consent.person_id, "version": 1, "first_stored_at": stored_at}
        row = self._claim_head(head, {"id": consent.id}, first)
        if row:
            present = self._get_consent(consent.id)
            if replace(consent, version=present.version, stored_at=present.stored_at) == present:
                return present
            changes = {"person_id": consent.person_id, "version": row.version + 1}
            self._connection.execute(update(head).where(head.c.id == consent.id).values(changes))
        version = row.version + 1 if row else 1
        return self._add_consent_version(replace(consent, version=version, stored_at=stored_at))

    def iter_consents(self, person_id: str) -> Iterator[ConsentRow]:
        """The newest version of each consent of a person, oldest consent first."""
        statement = NEWEST.where(head.c.person_id == person_id).order_by(head.c.first_stored_at, head.c.id)
        return iter([_consent(row) for row in self._connection.execute(statement)])

    def find_persons_consenting_to(self, recipient: str) -> frozenset[str]:
        """Persons with a consent whose newest version names this recipient."""
        statement = select(recipients.c.person_id).where(recipients.c.recipient == recipient)
        return frozenset(self._connection.execute(statement).scalars())

    def _add_consent_version(self, consent: ConsentRow) -> ConsentRow:
        named = msgspec.json.encode(consent.recipients).decode()
        self._connection.execute(insert(versions).values(**{**asdict(consent), "recipients": named}))
        self._connection.execute(delete(recipients).where(recipients.c.consent_id == consent.id))
        for recipient in set(consent.recipients):
            values = {"recipient": recipient, "consent_id": consent.id, "person_id": consent.person_id}
            self._connection.execute(insert(recipients).values(**values))
        return self._get_consent(consent.id)

    def _get_consent(self, consent_id: str) -> ConsentRow:
        return _consent(self._connection.execute(NEWEST.where(head.c.id == consent_id)).one())


def _consent(row: Row[Any]) -> ConsentRow:
    named = msgspec.json.decode(row.recipients, type=tuple[str, ...])
    return ConsentRow(**{**row._mapping, "recipients": named})
