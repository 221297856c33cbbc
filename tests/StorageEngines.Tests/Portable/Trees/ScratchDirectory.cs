using System.Text;
using StorageEngines.Portable.Trees;
using StorageEngines.Posix;

namespace StorageEngines.Tests.Portable.Trees;

/// <summary>A directory of a test's own, removed at its end.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    internal ScratchDirectory()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"seng-test-ptree-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    internal string Path { get; }

    internal string State => System.IO.Path.Combine(Path, "state");

    internal ApplyOptions Options => new() { StateDirectory = State };

    internal BytePath At(string name) => BytePath.FromString(System.IO.Path.Combine(Path, name));

    public void Dispose()
    {
        using DirectoryHandle parent = DirectoryHandle.Open(Encoding.UTF8.GetBytes(System.IO.Path.GetDirectoryName(Path)!));
        TreeWalk.Delete(parent, Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(Path)));
    }
}
