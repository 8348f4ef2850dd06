import{a}from"./part-QTIGA6Y7.js";import"./part-V2CJN5NF.js";import"./part-X2IEPP44.js";export default a();
