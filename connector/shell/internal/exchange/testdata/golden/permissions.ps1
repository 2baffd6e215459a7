New-ReceiveConnector "Relay" -TransportRole FrontendTransport -PermissionGroups AnonymousUsers -Bindings 0.0.0.0:25 -RemoteIPRanges 192.168.5.77 | Out-Null
Get-ReceiveConnector "Relay" | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights "Ms-Exch-SMTP-Accept-Any-Recipient"
Get-ADPermission "Relay" | where {($_.Deny -eq $false) -and ($_.IsInherited -eq $false)} | ft User,ExtendedRights
Get-ADPermission "Relay" | Format-List | Out-String -Width 200 | Out-Null
(Get-ADPermission "Relay" -User "CONTOSO\printer").Count
Add-ADPermission Relay -User CONTOSO\printer -ExtendedRights ms-Exch-SMTP-Submit, "Submit Messages to any Recipient"
Get-ADPermission Relay -User contoso\PRINTER | Format-List User, Deny, ExtendedRights
Get-ADPermission Relay -User contoso\PRINTER | Remove-ADPermission -Confirm:$false
Get-ADPermission Relay -User contoso\PRINTER
Remove-ADPermission Relay -User "S-1-5-7" -ExtendedRights ms-Exch-SMTP-Submit -Confirm:$false
Add-ADPermission Relay -User "S-1-5-7" -ExtendedRights ms-Exch-Fly
Add-ADPermission Relay -User "S-1-5-7" -AccessRights GenericAll
