# Anonymous relay from scoped addresses, first variant: the messages stay
# anonymous.
#: server EX01.contoso.com
New-ReceiveConnector -Name "Relay" -TransportRole FrontendTransport -Custom -Bindings 0.0.0.0:25 -RemoteIPRanges 192.168.5.10,192.168.5.11
Set-ReceiveConnector "Relay" -PermissionGroups AnonymousUsers
Get-ReceiveConnector "Relay" | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights "ms-Exch-SMTP-Accept-Any-Recipient"
Get-ADPermission "Relay" | where {($_.Deny -eq $false) -and ($_.IsInherited -eq $false)} | ft User,ExtendedRights
Get-ReceiveConnector "Relay" | Format-List Name,Bindings,RemoteIPRanges,AuthMechanism,PermissionGroups
New-SendConnector -Name "To Internet" -AddressSpaces * | Out-Null
#> 192.168.5.10 10.0.0.1:25 app@contoso.com somebody@example.net
#> 192.168.5.11 10.0.0.1:25 app@contoso.com somebody@example.net size=50000000
#> 192.168.5.12 10.0.0.1:25 app@contoso.com somebody@example.net
