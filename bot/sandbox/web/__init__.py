"""The sandbox over HTTP: the API's door, the control plane, the pages."""
