using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace StorageEngines.TarRsync.Tests.Reflink;

/// <summary>A file system of its own in an image, mounted through a loop device; gone when disposed. What a killed test run left is removed by the next one.</summary>
internal sealed class LoopFileSystem : IDisposable
{
    private const string Prefix = "seng-test-reflink-";
    private readonly string _directory;
    private readonly string[] _mount;

    private LoopFileSystem(string directory, string mount, string[] how) => (_directory, Mount, _mount) = (directory, mount, how);

    /// <summary>Where it is mounted.</summary>
    public string Mount { get; }

    /// <summary>Makes one, or skips the test.</summary>
    /// <param name="kind">"xfs", "btrfs", "ext4", or one of them with mount options behind a comma: "btrfs,compress-force=zstd".</param>
    /// <param name="sizeBytes">How large it may grow.</param>
    /// <param name="format">More arguments of mkfs.</param>
    public static LoopFileSystem MakeOrSkip(string kind, long sizeBytes = 512L << 20, params string[] format)
    {
        string name = kind.Split(',')[0];
        string options = kind.Length > name.Length ? "loop,noatime," + kind[(name.Length + 1)..] : "loop,noatime";
        Assert.SkipUnless(Environment.IsPrivilegedProcess, $"backend missing: {name}: mounting needs root");
        Assert.SkipUnless(File.Exists($"/usr/sbin/mkfs.{name}") || File.Exists($"/sbin/mkfs.{name}"), $"backend missing: {name}: mkfs.{name} is not installed");
        RemoveLeftovers();
        string directory = Path.Combine(Place, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));
        string mount = Path.Combine(directory, "mount");
        Directory.CreateDirectory(mount);
        string image = Path.Combine(directory, "image");
        using (FileStream file = File.Create(image))
        {
            file.SetLength(sizeBytes);
        }

        string[] make = name == "xfs" ? ["-q", "-m", "reflink=1", .. format, image] : ["-q", .. format, image];
        (int made, string text) = Run("mkfs." + name, make);
        Assert.True(made == 0, text);
        string[] how = ["-t", name, "-o", options, image, mount];
        (int mounted, string why) = Run("mount", how);
        if (mounted != 0)
        {
            Directory.Delete(directory, recursive: true);
            Assert.Skip($"backend missing: {name}: cannot mount an image here: {why}");
        }

        return new LoopFileSystem(directory, mount, how);
    }

    /// <summary>Unmounts it, does something with its image, and mounts it again.</summary>
    public void WhileUnmounted(Action<string> act)
    {
        (int exit, string text) = Run("umount", Mount);
        Assert.True(exit == 0, text);
        act(Path.Combine(_directory, "image"));
        (exit, text) = Run("mount", _mount);
        Assert.True(exit == 0, text);
    }

    /// <summary>Runs a program.</summary>
    public static (int Exit, string Text) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    public void Dispose() => Remove(_directory);

    private static string Place => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    private static void RemoveLeftovers()
    {
        foreach (string directory in Directory.EnumerateDirectories(Place, Prefix + "*"))
        {
            string owner = Path.GetFileName(directory)[Prefix.Length..].Split('-')[0];
            if (!Directory.Exists("/proc/" + owner))
            {
                Remove(directory);
            }
        }
    }

    // The loop device goes with the mount (autoclear). A lazy unmount lets go even if something is still open.
    private static void Remove(string directory)
    {
        string mount = Path.Combine(directory, "mount");
        if (Directory.Exists(mount) && Run("mountpoint", "-q", mount).Exit == 0)
        {
            (int exit, string text) = Run("umount", mount);
            if (exit != 0)
            {
                (exit, text) = Run("umount", "-l", mount);
            }

            Assert.True(exit == 0, text);
        }

        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
