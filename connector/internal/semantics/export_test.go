package semantics

import "reflect"

// DocumentType is the type of the object that Read reads.
var DocumentType = reflect.TypeFor[document]()
