import { DISK_FAULTS } from "./faults.ts";
import { testFaults } from "./test_faults.ts";

testFaults(DISK_FAULTS);
