namespace StorageEngines.Btrfs.Native;

/// <summary>What the running kernel can send.</summary>
internal static class SendSupport
{
    private const string VersionFile = "/sys/fs/btrfs/features/send_stream_version";

    /// <summary>The highest version of the stream that both the kernel and this plug-in know, 1 or 2; 0 if the kernel has no Btrfs. Implements: sysfs, btrfs(5).</summary>
    internal static uint Version { get; } = Find();

    private static uint Find()
    {
        try
        {
            return uint.TryParse(File.ReadAllText(VersionFile).AsSpan().Trim(), out uint version) ? Math.Clamp(version, 1, 2) : 1;
        }
        catch (IOException)
        {
            return Directory.Exists("/sys/fs/btrfs") ? 1u : 0u; // Kernels before 5.10 do not tell, and have version 1.
        }
    }
}
