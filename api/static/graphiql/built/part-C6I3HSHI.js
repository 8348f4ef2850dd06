import"./part-2Y5LGUQ4.js";import"./part-V2CJN5NF.js";import"./part-X2IEPP44.js";
