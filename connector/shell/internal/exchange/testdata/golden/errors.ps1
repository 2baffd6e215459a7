Get-ReceiveConnector Rely
Get-ReceiveConnector $null
Set-ReceiveConnector "Default EX01" -MaxHopCount 501
Set-ReceiveConnector "Default EX01" -Bindings "0.0.0.0"
Set-ReceiveConnector "Default EX01" -MaxMessageSize 20MB -TarpitInterval 5
Set-ReceiveConnector "Default EX01" -RequireTLS $true -AuthMechanism BasicAuth
New-ReceiveConnector "Relay" -Bindings 0.0.0.0:25 -RemoteIPRanges 0.0.0.0/0 -TransportRole FrontendTransport
New-ReceiveConnector "Relay" -Usage Internet
New-ReceiveConnector "Default EX01" -Bindings 0.0.0.0:26 -RemoteIPRanges 192.168.5.77
New-SendConnector "Out" -AddressSpaces "*contoso.com"
New-SendConnector "Out" -AddressSpaces * -SmartHostAuthMechanism BasicAuth -SmartHosts a.com
New-SendConnector "Out" -AddressSpaces * -LinkedReceiveConnector "Default EX01"
New-AcceptedDomain Contoso -DomainName contoso.com
New-AcceptedDomain Fabrikam -DomainName fabrikam.com | Out-Null; Remove-AcceptedDomain contoso.com
New-ForeignConnector Fax -AddressSpaces "FAX:*"
Set-ReceiveConnector "Default EX01" -EnableAuthGSSAPI $true
Set-ReceiveConnector "Client Proxy EX01" -EnableAuthGSSAPI $true
