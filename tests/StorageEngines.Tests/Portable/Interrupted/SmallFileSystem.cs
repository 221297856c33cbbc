using System.Diagnostics;
using System.Globalization;

namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>A file system in memory that is soon full.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    private readonly Trees.ScratchDirectory _scratch = new();

    internal SmallFileSystem(long bytes)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: a small file system is mounted");
        Path = Directory.CreateDirectory(System.IO.Path.Combine(_scratch.Path, "small")).FullName;
        int exit = Run("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={bytes}"), "seng-test-small", Path);
        if (exit != 0)
        {
            _scratch.Dispose();
            Assert.Skip("backend missing: mount: a tmpfs cannot be mounted here");
        }
    }

    internal string Path { get; }

    internal string State => _scratch.State;

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    internal BytePath At(string name) => BytePath.FromString(this[name]);

    /// <summary>Leaves so many bytes free, or less if others write meanwhile.</summary>
    internal void Leave(long bytes)
    {
        long free = new DriveInfo(Path).AvailableFreeSpace;
        try
        {
            using FileStream file = File.Create(this["ballast"]);
            file.Write(new byte[free - bytes]);
        }
        catch (IOException) when (new DriveInfo(Path).AvailableFreeSpace < bytes)
        {
            // Others write at the same time and took what was to be left: it is as full as it was to become.
        }
    }

    internal void MakeRoom() => File.Delete(this["ballast"]);

    public void Dispose()
    {
        Run("umount", Path);
        _scratch.Dispose();
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
