namespace StorageEngines.Posix;

/// <summary>Flags of open(2); a few differ between x64 and arm64.</summary>
internal static class OpenFlags
{
    internal const int ReadOnly = 0;
    internal const int WriteOnly = 1;
    internal const int ReadWrite = 2;
    internal const int Create = 0x40;
    internal const int Exclusive = 0x80;
    internal const int NonBlocking = 0x800;
    internal const int NoAccessTime = 0x40000;
    internal const int CloseOnExec = 0x80000;

    /// <summary>O_PATH: a place in the tree, not an open file; enough as the directory of an *at call.</summary>
    internal const int PathOnly = 0x200000;

    internal static readonly int Directory = Libc.PerArchitecture(0x10000, 0x4000);
    internal static readonly int NoFollow = Libc.PerArchitecture(0x20000, 0x8000);

    /// <summary>O_TMPFILE: a file without a name.</summary>
    internal static readonly int Unnamed = 0x400000 | Directory;
}
