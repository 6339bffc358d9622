// The server's fragments are escaped by its templates; these files only fetch and place them.
import {copying} from "./common.js";
import {overview} from "./overview.js";
import {phone} from "./phone.js";
import {traffic} from "./traffic.js";

copying();
overview();
phone();
traffic();
