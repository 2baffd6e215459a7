// Package export reads what Exchange's shell exported, connectors, accepted and
// remote domains, permissions, Transport services and the organisation's limits,
// into a connector.Config.
//
// Read takes one file in any of four forms, which it recognises by content:
//
//	Get-ReceiveConnector | Format-List > receive.txt
//	Get-ReceiveConnector | Export-Csv receive.csv
//	Get-ReceiveConnector | ConvertTo-Json > receive.json
//	Get-ReceiveConnector | Export-Clixml receive.xml
//
// Only CLIXML loses nothing. Merge puts any number of files together and adds the
// permissions to their connectors. Places has the file and line of every value.
//
// # What is an error and what a warning
//
// A value that can't be read, or that the export cut off, is an error with its
// file, line, property and what would be right. All errors of a file are
// reported at once, and nothing is returned from a file with an error.
//
// A property that is enforced or kept goes into the Config. A known property without a
// meaning here, such as Guid or WhenChanged, is ignored, and so is a property without a
// value. Every other property is a warning. So is an object of another kind, and a
// property that policy depends on and that the export lacks. Notes among the warnings
// need no action.
//
// # Permissions
//
// Get-ADPermission lists the rights that permission groups give and those that
// Add-ADPermission gave. Merge leaves out the rights of permission groups, which
// PermissionGroups gives again, and turns the others into Permissions. A right that a
// group gives here and that the list lacks was removed on the server, so Permissions
// removes it here. A list without any entry of a group counts as incomplete. If the
// export has well-known SIDs next to the names, they decide, because Windows translates
// the names. Rights to the directory object itself, such as the rights of
// administrators, are ignored. Inherited entries count, because they are effective. In
// Active Directory an entry of the connector itself beats an inherited deny; that can't
// be expressed here, so it is a warning.
//
// If PermissionGroups contains Custom, Add-ADPermission has granted rights; without an
// export of the permissions Merge warns that these are unknown.
//
// # Passwords
//
// Exports have no passwords. A Send connector with a credential gets the user name, if
// the export has it, and an empty password, which connector.Compile refuses until it is
// filled in.
package export
