"""What an empty list says: why nothing is there, and what brings something."""

ANY = "None yet."
SENTENCES = {
    "alert": "Nobody had to be alerted to anything.",
    "apicall": "No call was made to EasyEcom yet. The worker makes them.",
    "apikey": "No key yet. Make one with manage.py create_api_key NAME.",
    "bulkrun": "No run yet. Filter orders, sync jobs or deliveries, and choose “all that match”.",
    "carrierregistration": "None yet. Onboarding a seller registers the carrier.",
    "change": "Nothing to tell Booon yet. Stages and stock levels bring changes.",
    "delivery": "EasyEcom has sent nothing yet. Paste address and token into its Webhook Settings.",
    "drift": "No level was found to differ from EasyEcom's.",
    "errormessage": "EasyEcom has refused nothing yet.",
    "hold": "Nothing is held, and nothing was.",
    "knownerror": "No message of EasyEcom's has a meaning yet. Open one and say what it means.",
    "listing": "Booon has listed nothing yet. Its platform gives listings by PUT.",
    "location": "None yet. Onboard a seller.",
    "misseddelivery": "None was missed.",
    "order": "No orders yet. Booon's platform gives them by PUT, or import a file.",
    "product": "None yet. They are pulled once a location is live.",
    "refusal": "Nothing was refused.",
    "seller": "No sellers yet. Onboard the first one.",
    "stocklevel": "No level yet. EasyEcom tells them by webhook, and the console reads them back.",
    "unmappedsku": "Every SKU that was named has its product.",
    "webhookendpoint": "None yet. A location gets its addresses when it is found in EasyEcom.",
    "worker": "No worker has ever run. Start manage.py workers.",
}
