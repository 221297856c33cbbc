using StorageEngines.Posix;

namespace StorageEngines.Cli.Tests.Demo;

/// <summary>What .NET cannot do to files, or not to links.</summary>
internal static class TreeTools
{
    internal static void SetLinkTime(string path)
    {
        using BeneathRoot root = Parent(path);
        root.SetTimes(Name(path).Span, null, new PosixTime(86_400, 0));
    }

    internal static void MakeReadOnly(string path)
    {
        using BeneathRoot root = Parent(path);
        root.SetMode(Name(path).Span, 0x100);
    }

    internal static void HardLink(string directory, string existing, string name)
    {
        using BeneathRoot root = BeneathRoot.Open(BytePath.FromString(directory).Span);
        root.HardLink(BytePath.FromString(existing).Span, BytePath.FromString(name).Span);
    }

    private static BeneathRoot Parent(string path) => BeneathRoot.Open(BytePath.FromString(Path.GetDirectoryName(path)!).Span);

    private static BytePath Name(string path) => BytePath.FromString(Path.GetFileName(path));
}
