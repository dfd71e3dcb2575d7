//! Files of a workspace: configuration files and modules beside a notebook. The one place below the front ends that reads from disk.
