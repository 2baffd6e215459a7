package control

// Unreached is why the socket in a directory can't be connected to.
var Unreached = unreached
