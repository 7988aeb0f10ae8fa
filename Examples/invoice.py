#!/usr/bin/env python3
"""The demo's two invoices, reckoned straight from the published CSV files.

This is the plain computation that the ledger is compared with: the standard library
only, no line shared with the Swift code, and its own decision which trips are refused.
It prints one JSON document; amounts are in cents, before the platform fee.

    Examples/invoice.py            the committed files in Examples/Data
    Examples/invoice.py FOLDER     the same files elsewhere

The prices are the demo's, not the operators'.
"""

import csv
import gzip
import io
import json
import pathlib
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def healthy_ride_seconds(text):
    """Healthy Ride's clock: Central European time less six hours, in whole minutes."""
    local = datetime.strptime(text, "%m/%d/%Y %H:%M") + timedelta(hours=6)
    moment = local.replace(tzinfo=BERLIN).astimezone(timezone.utc)
    return int((moment - EPOCH).total_seconds())


def valley_bike_seconds(text):
    """Valley Bike's files hold Unix seconds; the demo moves them 152 weeks back."""
    return int(text) - 152 * 7 * 86400


OPERATORS = [
    {
        "operator": "Healthy Ride Pittsburgh",
        "file": "healthyride-2018q1.csv.gz",
        "columns": ("Trip id", "Bikeid", "Starttime", "Stoptime", "Tripduration"),
        "seconds": healthy_ride_seconds,
        "price": 200,
        "step": 1800,
    },
    {
        "operator": "Valley Bike",
        "file": "valleybike-2020-12-to-2021-02.csv.gz",
        "columns": ("route_id", "bike", "start_epoch", "end_epoch", "duration_s"),
        "seconds": valley_bike_seconds,
        "price": 15,
        "step": 60,
    },
]


def charge(start, end, price, step):
    """Every step begun is paid, at least one."""
    return price * max(1, -(-(end - start) // step))


def invoice(folder, operator):
    id_column, bike_column, start_column, end_column, duration_column = operator["columns"]
    trips = []
    with gzip.open(folder / operator["file"], "rb") as packed:
        for row in csv.DictReader(io.TextIOWrapper(packed, "utf-8", newline="")):
            start = operator["seconds"](row[start_column])
            end = operator["seconds"](row[end_column])
            trips.append((start, len(trips), end, row[bike_column], row[id_column],
                          int(row[duration_column])))

    # A bike is free again from the moment its last accepted trip ended.
    free_from = {}
    settled, total, refused = 0, 0, []
    for start, _, end, bike, trip, _ in sorted(trips):
        if end < start:
            refused.append({"trip": trip, "reason": "ends before it starts"})
        elif start < free_from.get(bike, start):
            refused.append({"trip": trip, "reason": "the bike is in use"})
        else:
            free_from[bike] = end
            settled += 1
            total += charge(start, end, operator["price"], operator["step"])
    return {
        "operator": operator["operator"],
        "file": operator["file"],
        "trips": len(trips),
        "settled": settled,
        "refused": refused,
        "invoice_cents": total,
        "durations_off_by_over_120_s": [
            trip for start, _, end, _, trip, stated in trips if abs(end - start - stated) > 120
        ],
        "longest_s": max(end - start for start, _, end, _, _, _ in trips),
    }


def main():
    here = pathlib.Path(__file__).resolve().parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "Data"
    invoices = [invoice(folder, operator) for operator in OPERATORS]
    json.dump({"format": "koinon/invoices/v1", "invoices": invoices}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError as error:
        sys.exit(f"invoice.py: {error}; name the folder with the trips")
