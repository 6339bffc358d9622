"""自定义菜单: drafts and checks, publishing, what the platform shows, what a click answers."""
