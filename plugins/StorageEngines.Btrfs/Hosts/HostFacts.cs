namespace StorageEngines.Btrfs.Hosts;

/// <summary>What a host can do.</summary>
/// <param name="Version">What answers, for people: the kernel, and the program where there is one.</param>
/// <param name="Protocol">The highest version of the send stream that both sides know, 1 or 2; 0 if the host has no Btrfs.</param>
/// <param name="Mounts">How many mounts of Btrfs can be seen.</param>
/// <param name="IsPrivileged">Whether the caller may do everything there (CAP_SYS_ADMIN).</param>
internal sealed record HostFacts(string Version, uint Protocol, int Mounts, bool IsPrivileged);
