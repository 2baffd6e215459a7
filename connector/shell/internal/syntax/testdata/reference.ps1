# anonymous relay from scoped addresses, method 1
Set-ReceiveConnector "Relay" -PermissionGroups AnonymousUsers
Get-ReceiveConnector "Relay" | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights "ms-Exch-SMTP-Accept-Any-Recipient"
# method 2: treat the hosts as externally secured
Set-ReceiveConnector "Relay" -AuthMechanism ExternalAuthoritative -PermissionGroups ExchangeServers
# list explicit grants
Get-ADPermission "Default EX01" | where {($_.Deny -eq $false) -and ($_.IsInherited -eq $false)} | ft User,ExtendedRights
# edits of lists, and exports with computed columns
Set-ReceiveConnector EX01\Relay -RemoteIPRanges @{Add="10.0.5.10","10.0.6.0/24";Remove="10.0.4.1-10.0.4.9"} -Bindings 0.0.0.0:25,[::]:25
Get-ReceiveConnector | Select-Object Name,@{n='AuthMechanism';e={"$($_.AuthMechanism)"}} | Export-Csv .\connectors.csv -NoTypeInformation
New-SendConnector -Name "To Internet" -AddressSpaces "SMTP:*;1","contoso.com;5" -MaxMessageSize 10MB -Enabled:$false -WhatIf
