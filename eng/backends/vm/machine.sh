machine_up() { :; }
