"""The law of an inspection: the editions by whose frozen text it is judged."""

import tempfile
from pathlib import Path

from psycopg2.extensions import connection as Connection

from inspectorate import edition
from inspectorate.edition import Edition, Library
from inspectorate.quarter import day_of
from inspectorate.store import inspection as inspections
from inspectorate.store.inspection import Inspection


def law(connection: Connection, inspection: Inspection) -> Library:
    """The editions by whose frozen text an inspection is judged, whatever is installed now."""
    installed = edition.load()
    if inspection.editions != installed.digests:
        with tempfile.TemporaryDirectory() as folder:
            for name, body in inspections.edition_texts(connection, inspection).items():
                (Path(folder) / name).write_bytes(body.encode())
            installed = edition.load(Path(folder))
    main = installed.main(day_of(inspection.inspected_at))
    standing = main is not None and main.id == inspection.main_edition
    return installed if standing else installed.replace_main(inspection.main_edition)


def in_force(library: Library, inspection: Inspection) -> tuple[Edition, ...]:
    return library.in_force(day_of(inspection.inspected_at), local=inspection.register.issuer.editions)
