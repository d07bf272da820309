"""How letters leave the house: one module a channel, each of which takes a letter and gives a receipt."""
