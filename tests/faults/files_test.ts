import { FILE_FAULTS } from "./faults.ts";
import { testFaults } from "./test_faults.ts";

testFaults(FILE_FAULTS);
