namespace StorageEngines.Tests;

/// <summary>A directory of a test's own, removed at its end.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    internal ScratchDirectory() => Path = Directory.CreateTempSubdirectory("seng-test-core-").FullName;

    internal string Path { get; }

    internal string State => System.IO.Path.Combine(Path, "state");

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    internal BytePath Bytes(string name) => BytePath.FromString(this[name]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
