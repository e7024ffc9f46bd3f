"""Some of the golden scenarios by pgoutput on the newest PostgreSQL; `--matrix` runs all of them."""
import pytest

# pylint: disable=unused-import
from test_golden import (assert_records_arrive, common_database, scenario_database, sims,
                         special_database)

pytestmark = pytest.mark.parametrize('postgres', ['18'], indirect=True)


@pytest.mark.parametrize('name', ['ddl_columns', 'names_quoted', 'pk_change', 'toast_full',
                                  'truncate_multi', 'types_ext'])
def test_the_originals_records_arrive_by_pgoutput(pg_kinesis, scenario_database, sims, name):
    assert_records_arrive(pg_kinesis, scenario_database, sims['pgoutput'], name, 'pgoutput')
