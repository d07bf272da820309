"""What Airflow must know of ours: the quarters' timetable and the note that names each run's quarter.

The review desk is a plugin of its own file, so that a fault in its pages cannot take the timetable away.
"""

from typing import ClassVar

from airflow.plugins_manager import AirflowPlugin

import run_note
from quarters import QuarterlyInspection


class InspectionPlugin(AirflowPlugin):
    """巡查"""

    name = "inspection"
    timetables: ClassVar = [QuarterlyInspection]
    listeners: ClassVar = [run_note]
