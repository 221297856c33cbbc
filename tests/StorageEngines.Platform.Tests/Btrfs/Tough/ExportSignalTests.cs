using System.Diagnostics;

namespace StorageEngines.Platform.Tests.Btrfs.Tough;

/// <summary>Signals while the tool writes a native stream. What it wrote with exit code 0 is whole and right; else it says what disturbed it.</summary>
public sealed class ExportSignalTests : IAsyncLifetime
{
    private const int FileBytes = 40 << 20;
    private Stage _stage = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Output => Path.Combine(_stage.System.Mount, "out.send");

    public async ValueTask InitializeAsync()
    {
        _stage = await Stage.MakeAsync();
        byte[] bytes = new byte[FileBytes];
        new Random(5).NextBytes(bytes);
        await File.WriteAllBytesAsync(_stage.At("large"), bytes, Cancel);
        _stage.MakeMany("link", 3000);
        await _stage.CreateAsync("one");
    }

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Theory]
    [InlineData("STOP", false)]
    [InlineData("STOP", true)]
    [InlineData("WINCH", false)] // what has a handler in the runtime, and so comes to a thread
    [InlineData("CHLD", false)]
    [InlineData("CONT", false)]
    public async Task A_stream_is_right_or_its_export_failed(string signal, bool toPipe)
    {
        await Tries.UntilInTimeAsync(async number =>
        {
            File.Delete(Output);
            (int sent, Tool.Result result) = await ExportAsync(signal, toPipe);
            TestContext.Current.TestOutputHelper!.WriteLine($"{sent} signals; ended with {result.Exit}");
            if (result.Exit == 0)
            {
                await AssertRightAsync($"copy{number}");
                return sent > 0;
            }

            Assert.Equal(("STOP", 8), (signal, result.Exit));
            Assert.Contains("SIGSTOP", result.Error, StringComparison.Ordinal);
            return true;
        });
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task An_export_that_is_ended_leaves_no_file_that_looks_whole(string signal, int exit)
    {
        await Tries.UntilInTimeAsync(async _ =>
        {
            using var tool = new Tool();
            using Process process = tool.Start([], "export", _stage.Path + "@one", "--format", "native", "-o", Output);
            int id = process.Id;
            Task<Tool.Result> end = Tool.EndAsync(process);
            await Threads.AwaitSenderAsync(id, null, () => end.IsCompleted);
            BtrfsLoop.Run("kill", "-" + signal, $"{id}");
            Tool.Result result = await end;
            if (result.Exit == 0)
            {
                File.Delete(Output);
                return false;
            }

            result.Expect(exit);
            Assert.False(File.Exists(Output));
            return true;
        });
        await _stage.DeleteAsync((await _stage.ListAsync())[0]); // A send that still ran would refuse it.
        Assert.Empty(_stage.Leftovers());
    }

    private async Task<(int Sent, Tool.Result Result)> ExportAsync(string signal, bool toPipe)
    {
        using var tool = new Tool();
        using Process process = toPipe
            ? tool.Start(["bash", "-c", $"\"$0\" \"$@\" | cat > '{Output}'; exit ${{PIPESTATUS[0]}}"], "export", _stage.Path + "@one", "--format", "native", "-o", "-")
            : tool.Start([], "export", _stage.Path + "@one", "--format", "native", "-o", Output);
        Task<Tool.Result> end = Tool.EndAsync(process);
        int sent = 0;
        int id = toPipe ? await ChildAsync(process.Id, end) : process.Id;
        while (id > 0 && await Threads.AwaitSenderAsync(id, null, () => end.IsCompleted) && sent < 50)
        {
            sent++;
            if (BtrfsLoop.Run("kill", "-" + signal, $"{id}").Exit == 0 && signal == "STOP")
            {
                await Threads.AwaitStoppedAsync(id);
                BtrfsLoop.Run("kill", "-CONT", $"{id}");
            }
        }

        return (sent, await end);
    }

    private static async Task<int> ChildAsync(int shell, Task end)
    {
        while (!end.IsCompleted)
        {
            string[] children = (await File.ReadAllTextAsync($"/proc/{shell}/task/{shell}/children", Cancel)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            foreach (string child in children)
            {
                if (File.Exists($"/proc/{child}/comm") && (await File.ReadAllTextAsync($"/proc/{child}/comm", Cancel)).Trim() is not ("bash" or "cat"))
                {
                    return int.Parse(child, System.Globalization.CultureInfo.InvariantCulture);
                }
            }

            await Task.Delay(1, Cancel);
        }

        return -1;
    }

    private async Task AssertRightAsync(string name)
    {
        VolumeInfo copy = await _stage.Engine.ResolveVolumeAsync(BytePath.FromString(_stage.System.MakeSubvolume(name)), Cancel);
        await using FileStream stream = File.OpenRead(Output);
        await _stage.Engine.Feature<IDifferentials>()!.ApplyAsync(stream, copy.Ref, null, Cancel);
        StreamScripts.AssertSame(_stage.Path, copy.Location.ToString());
    }
}
