Get-ReceiveConnector | Set-ReceiveConnector -LongAddressesEnabled $true
New-SendConnector A -AddressSpaces * -FrontendProxyEnabled $true
New-SendConnector B -AddressSpaces b.example -FrontendProxyEnabled $true
