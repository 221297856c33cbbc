using System.Diagnostics;
using System.Globalization;

namespace StorageEngines.Platform.Tests.Devices;

/// <summary>A block device made of a file. It goes with this object.</summary>
internal sealed class LoopDevice : IDisposable
{
    private readonly string _image;

    private LoopDevice(string image, string path)
    {
        _image = image;
        Path = path;
    }

    /// <summary>The device, e.g. <c>/dev/loop7</c>.</summary>
    internal string Path { get; }

    internal BytePath Bytes => BytePath.FromString(Path);

    /// <summary>Makes a device, or skips the test where that is not possible.</summary>
    internal static LoopDevice Make(string directory, string name, long bytes, int sectorBytes = 512)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: loop: making a device needs root");
        Assert.SkipUnless(new[] { "/usr/sbin/losetup", "/sbin/losetup" }.Any(File.Exists), "backend missing: loop: losetup is not installed");
        string image = System.IO.Path.Combine(directory, $"seng-test-loop-{name}.img");
        using (FileStream file = File.Create(image))
        {
            file.SetLength(bytes);
        }

        (int exit, string text) = Run("losetup", "--find", "--show", "--sector-size", sectorBytes.ToString(CultureInfo.InvariantCulture), image);
        Assert.SkipUnless(exit == 0, $"backend missing: loop: losetup cannot make a device here: {text}");
        return new LoopDevice(image, text.Trim());
    }

    internal byte[] Read()
    {
        using FileStream device = File.OpenRead(Path);
        var content = new byte[new FileInfo(_image).Length];
        device.ReadExactly(content);
        return content;
    }

    internal void Write(long offset, ReadOnlySpan<byte> data)
    {
        using var device = new FileStream(Path, FileMode.Open, FileAccess.Write);
        device.Position = offset;
        device.Write(data);
        device.Flush(flushToDisk: true);
    }

    public void Dispose()
    {
        Run("losetup", "--detach", Path);
        File.Delete(_image);
    }

    private static (int Exit, string Text) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : error.Result);
    }
}
