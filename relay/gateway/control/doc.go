// Package control is how an operator's command talks with a running gateway: through a
// Unix socket in the gateway's data directory, which only the directory's owner (and
// root) can reach. On Windows it is a named pipe that only the gateway's user,
// administrators and the system can open; a file in the directory has its name. [Do] is the command's side; a [Server] from [Listen] and [NewServer]
// is the gateway's, and package gateway runs one for each data directory.
//
// A connection carries one [Request], a line of JSON, and its answer: lines of JSON,
// each an [Event]. The last one has an [End]; an answer that ends without it was cut
// off. If the client closes the connection, the work that is not done yet is
// abandoned.
package control
