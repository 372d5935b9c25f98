mod outline;
