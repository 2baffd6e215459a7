$cred = Get-Credential
New-SendConnector "To Internet" -AddressSpaces * -SmartHosts relay.contoso.net, 203.0.113.10 -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $cred
Get-SendConnector "To Internet" | Format-List
$cred
"$cred"
$cred.Password
Get-SendConnector | ConvertTo-Json
Get-SendConnector | ConvertTo-Csv
Set-SendConnector "To Internet" -AuthenticationCredential "CONTOSO\gateway"
Set-SendConnector "To Internet" -DNSRoutingEnabled $true
Set-SendConnector "To Internet" -MaxMessageSize 40MB -Comment "the way out" -WhatIf
(Get-SendConnector "To Internet").MaxMessageSize
Remove-SendConnector "To Internet" -Confirm:$false
Get-SendConnector
