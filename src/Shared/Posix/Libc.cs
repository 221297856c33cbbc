using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

/// <summary>The native calls, one file per topic. All paths are NUL-terminated bytes; every call sets the last P/Invoke error.</summary>
internal static partial class Libc
{
    /// <summary>AT_FDCWD.</summary>
    internal const int CurrentDirectory = -100;

    /// <summary>AT_SYMLINK_NOFOLLOW.</summary>
    internal const int NoFollow = 0x100;

    /// <summary>AT_REMOVEDIR.</summary>
    internal const int RemoveDirectory = 0x200;

    /// <summary>AT_SYMLINK_FOLLOW.</summary>
    internal const int Follow = 0x400;

    /// <summary>AT_NO_AUTOMOUNT.</summary>
    internal const int NoAutomount = 0x800;

    /// <summary>AT_EMPTY_PATH.</summary>
    internal const int EmptyPath = 0x1000;

    private const string Library = "libc";

    private static readonly bool Arm64 = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => false,
        Architecture.Arm64 => true,
        Architecture other => throw new PlatformNotSupportedException($"Linux x64 and arm64 are supported, not {other}."),
    };

    /// <summary>errno of the last native call on this thread.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();

    /// <summary>Picks the value for this processor.</summary>
    internal static int PerArchitecture(int x64, int arm64) => Arm64 ? arm64 : x64;
}
