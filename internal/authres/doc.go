// Package authres reads which server wrote an Authentication-Results field, and writes such
// fields (RFC 8601). [Claims] decides about removal; begin with it, or with [Field.String].
//
// Both directions guard a boundary. What a sender controls must not be able to hide the name
// of a server from Claims by comments, quotes and folding, and must not be able to end a value
// that Field writes, or to add a result to it.
package authres
