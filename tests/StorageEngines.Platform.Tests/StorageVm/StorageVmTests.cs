namespace StorageEngines.Platform.Tests.StorageVm;

/// <summary>That the virtual machine has what the engines need, and that its shell tells what happened.</summary>
public sealed class StorageVmTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_has_ZFS_and_thin_volumes()
    {
        StorageVm machine = await StorageVm.GetOrSkipAsync(Token);
        await using GuestShell shell = await machine.OpenShellAsync(Token);
        string told = await shell.RunAsync($"zfs version; thin_delta --version; lvm version; findmnt -no FSTYPE {StorageVm.Place}", Token);
        Assert.Contains("zfs-kmod-", told, StringComparison.Ordinal);
        Assert.Contains("LVM version", told, StringComparison.Ordinal);
        Assert.EndsWith("ext4\n", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_tells_its_bytes_its_code_and_its_complaint()
    {
        StorageVm machine = await StorageVm.GetOrSkipAsync(Token);
        await using GuestShell shell = await machine.OpenShellAsync(Token);
        byte[] bytes = [.. Enumerable.Range(0, 100_000).Select(each => (byte)(each * 7 % 256))];
        Assert.Equal(bytes, await shell.ReadAsync(GuestShell.Print(bytes), Token));
        (int code, byte[] output, string errors) = await shell.TryAsync("printf before; false; printf after", Token);
        Assert.Equal((1, "before", ""), (code, System.Text.Encoding.ASCII.GetString(output), errors));
        (code, output, errors) = await shell.TryAsync("echo because >&2; exit 9", Token);
        Assert.Equal((9, 0, "because"), (code, output.Length, errors));
    }
}
