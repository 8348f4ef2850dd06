import{a}from"./part-V2CJN5NF.js";import"./part-X2IEPP44.js";export default a();
