package syntax

// Error is one mistake in a script, with the place.
type Error struct {
	Span
	Msg       string // what is wrong
	Supported string // what to write instead; "" when Msg says it all
	// Incomplete says that the script ended too soon: more lines may make it
	// right (a prompt goes on reading).
	Incomplete bool
}
