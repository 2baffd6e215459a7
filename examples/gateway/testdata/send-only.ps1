Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false
New-SendConnector -Name "Rescue" -Usage Internet -AddressSpaces * -SmartHosts smtpgateway1.contoso.com
