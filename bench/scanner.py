#!/usr/bin/env python3
"""The scanner that cuts SQL files into statements: how many MB a second, against the limit.

Bar: 200 MB/s over a mixed corpus. The limit is what no reader of files that names lines can do
without: copying each piece and counting its newlines. Each kind of text is measured alone as well,
so that a slow one does not hide in the mixture.
"""

import pathlib
import statistics
import subprocess
import sys

from harness import Bench

SOURCE = pathlib.Path(__file__).resolve().parent.parent
MEGABYTES = 8
BAR = 200

bench = Bench("scanner")
rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
program = SOURCE / "build/release/bench/scan_speed"
if not program.exists():
    sys.exit(f"scanner: no program at {program}; run `cmake --build build/release --target scan_speed`")


def tables(number):
    return f"""
--
-- Name: orders_{number}; Type: TABLE; Schema: public
--
CREATE TABLE IF NOT EXISTS public.orders_{number} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES public.customers (id) ON DELETE CASCADE,
    "placed at" timestamp with time zone DEFAULT now() NOT NULL,
    state character varying(20) DEFAULT 'new'::character varying NOT NULL,
    total numeric(12,2) DEFAULT 0.00 NOT NULL, -- in the shop's currency; taxes included
    CONSTRAINT total_positive CHECK ((total >= (0)::numeric) AND (state <> ''))
);
ALTER TABLE ONLY public.orders_{number} ADD CONSTRAINT key_{number} UNIQUE (customer_id, "placed at");
CREATE INDEX orders_{number}_state ON public.orders_{number} USING btree (state) WHERE (state <> 'done');
COMMENT ON COLUMN public.orders_{number}.state IS 'new, paid; then sent or cancelled - it''s final';
GRANT SELECT, INSERT ON public.orders_{number} TO shop;
"""


def functions(number):
    return f"""
CREATE OR REPLACE FUNCTION public.touch_{number}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE
    previous public.orders%ROWTYPE;
BEGIN
    -- the row as it was; a new one has none
    IF TG_OP = 'UPDATE' AND NEW.total IS DISTINCT FROM OLD.total THEN
        INSERT INTO public.audit (who, what, at) VALUES (current_user, 'total', now());
        RAISE NOTICE 'order % went from % to %', NEW.id, OLD.total, NEW.total;
    END IF;
    NEW.changed := clock_timestamp();
    RETURN NEW;
END;
$body$;
CREATE FUNCTION public.total_{number}(who bigint) RETURNS numeric LANGUAGE sql STABLE BEGIN ATOMIC
    SELECT sum(CASE WHEN o.state = 'done' THEN o.total ELSE 0 END) FROM public.orders o
    WHERE o.customer_id = total_{number}.who;
END;
/* Views come last: /* they need */ the functions above. */
CREATE VIEW public.best_{number} AS
    SELECT c.id, c.name, public.total_{number}(c.id) AS total FROM public.customers c
    WHERE c.name ~~ E'A\\\\_%' ORDER BY public.total_{number}(c.id) DESC LIMIT 10;
"""


def inserts(number):
    rows = ",\n".join(
        f"    ({number * 10 + row}, 'customer no. {row}', 'somebody{row}@example.org', {row * 7}.25, "
        f"'2026-0{row % 9 + 1}-11 08:30:00+00', E'line\\\\nbreak', NULL)" for row in range(10))
    return f"INSERT INTO public.customers (id, name, mail, credit, since, note, gone) VALUES\n{rows};\n" \
           f"UPDATE public.customers SET credit = credit + 1 WHERE id = {number};\n"


def copy_data(number):
    rows = "".join(f"{number * 40 + row}\tsomebody else\t2026-05-0{row % 9 + 1} 10:11:12+00\t\\N\t{row}.50\n"
                   for row in range(40))
    return f"COPY public.visits (id, who, at, note, price) FROM stdin;\n{rows}\\.\n\n"


def write(name, parts):
    path = bench.root / f"{name}.sql"
    text, number = [], 0
    size = 0
    while size < MEGABYTES * 1_000_000:
        piece = "".join(part(number) for part in parts)
        text.append(piece)
        size += len(piece)
        number += 1
    path.write_text("".join(text))
    return path


def measure(what, path):
    """Seconds of one pass, bytes, and what was counted."""
    done = subprocess.run([program, what, path, "5"], stdout=subprocess.PIPE, check=True, timeout=120)
    seconds, size, seen = done.stdout.split()
    return float(seconds), int(size), int(seen)


kinds = {"mixed": (tables, functions, inserts, copy_data), "tables": (tables,),
         "functions": (functions,), "inserts": (inserts,), "copy": (copy_data,)}
files = {name: write(name, parts) for name, parts in kinds.items()}
for name, path in files.items():
    scans, limits, size, statements = [], [], 0, 0
    for _ in range(rounds):
        seconds, size, statements = measure("scan", path)
        scans.append(seconds)
        limits.append(measure("limit", path)[0])
    speed = size / statistics.median(scans) / 1e6
    limit = size / statistics.median(limits) / 1e6
    ratio = statistics.median(a / b for a, b in zip(scans, limits))
    verdict = "" if name != "mixed" else f"   bar {BAR} MB/s: {'met' if speed >= BAR else 'MISSED'}"
    print(f"{name:<10} {size / 1e6:5.1f} MB {statements:7} statements   {speed:7.0f} MB/s"
          f"   limit {limit:7.0f} MB/s   ratio of times {ratio:6.1f}{verdict}")
bench.close()
