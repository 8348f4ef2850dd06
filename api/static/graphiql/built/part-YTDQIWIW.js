import{a}from"./part-NM2LNS2N.js";import"./part-V2CJN5NF.js";import"./part-X2IEPP44.js";export default a();
