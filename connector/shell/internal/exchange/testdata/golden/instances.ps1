# What a script assigns to the properties of an object is saved by piping it on.
New-ReceiveConnector Printers -Internet -Bindings 10.2.3.4:2526 | Out-Null
$rc = Get-ReceiveConnector Printers
$rc.MaxHopCount = 12
$rc.Bindings += "[fd00::1]:2526"
$rc.Comment = "theirs"
$rc.Name = "Devices"
$rc | Set-ReceiveConnector -Comment ours
Get-ReceiveConnector Devices | Format-List Name, MaxHopCount, Bindings, Comment
# Named by -Identity, the object says which connector and no more, as in Exchange.
$rc.MaxHopCount = 99
Set-ReceiveConnector $rc -Banner "220 devices"
Get-ReceiveConnector Devices | Format-Table Name, MaxHopCount, Banner -HideTableHeaders
$rc.MaxHopCount = 501
$rc | Set-ReceiveConnector
$rc = Get-ReceiveConnector Devices
$rc.Guid = "other"
$rc | Set-ReceiveConnector
Set-SendConnector Absent -Port 0
New-SendConnector Absent -AddressSpaces * -Port 0
Get-ADPermission Devices -Owner
Get-ADPermission Devices -User "NT AUTHORITY\ANONYMOUS LOGON"
